"""Years of a portfolio, day by day, with a clock that stops and doubles and a mail server that is away."""
