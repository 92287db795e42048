"""Escalation: rules, alerts, and who must look at them by when."""
