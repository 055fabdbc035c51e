"""Who can see and do what with an agreement or for an agency, who did, and what is worth a look."""
