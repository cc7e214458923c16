"""The doorman: event → actor → permission → strict body → action → reply; and what an answer looks like."""
