"""What surrounds the service: the local stack, operator commands and generated descriptions; nothing here is deployed."""
