"""Plans: prescribing, today's list, dose, adherence."""
