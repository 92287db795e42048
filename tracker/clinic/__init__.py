"""The physiotherapist's room: who are my patients, what did they do, and what happened in a session."""
