"""The ways out of the house: e-mail, web push, and what Apprise reaches. A channel gets a finished message and says
what became of it; it knows neither the database nor a patient's record.
"""
