"""Time: an expert's rules, the slots they yield, and what occupies them."""
