"""Rollcall: who belongs to a team, with what role, to which products, by which credentials."""
