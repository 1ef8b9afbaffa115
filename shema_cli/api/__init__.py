"""`shema api`: a call by hand, in the admin's name, with the tokens and limits of every other call."""
