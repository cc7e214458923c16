"""The local stack behind `make dev`: template.yaml served on a loopback port, without containers or AWS."""
