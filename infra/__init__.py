"""What surrounds the service: local stack, operator commands, generated descriptions; nothing here is deployed."""
