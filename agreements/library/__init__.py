"""The clause library as people read it: shipped clauses and an agency's own, who holds which text, how far it strays."""
