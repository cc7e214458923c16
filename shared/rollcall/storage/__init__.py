"""The only room that says DynamoDB."""
