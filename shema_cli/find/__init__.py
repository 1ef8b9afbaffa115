"""`shema find`: people, enrollments, chat sessions and events, by whatever one has of them."""
