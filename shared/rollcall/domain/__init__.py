"""Rules as pure functions on frozen data; the standard library only."""
