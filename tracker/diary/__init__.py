"""Intake, check-ins and red flags: what a person tells about their back, kept with its whole history."""
