"""Letters: what each says, how it is written, to whom, and the call that sends it. Decides nothing about people."""
