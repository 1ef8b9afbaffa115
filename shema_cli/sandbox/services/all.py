"""All eight."""

from __future__ import annotations

from shema_cli.sandbox.services.auth import AuthService
from shema_cli.sandbox.services.booking import BookingService
from shema_cli.sandbox.services.chat import ChatService
from shema_cli.sandbox.services.course import CourseService
from shema_cli.sandbox.services.enrollment import EnrollmentService
from shema_cli.sandbox.services.recommendation import RecommendationService
from shema_cli.sandbox.services.schedule import ScheduleService
from shema_cli.sandbox.services.user import UserService

# In the order of the ports that `.env.example` gives them.
KINDS = (
    AuthService,
    UserService,
    CourseService,
    BookingService,
    ChatService,
    RecommendationService,
    EnrollmentService,
    ScheduleService,
)
