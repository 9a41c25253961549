"""Leaf sets, algebra, exact counts of every node, members, and the same at any instant."""
