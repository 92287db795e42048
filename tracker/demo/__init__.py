"""A believable clinic for whoever wants to look around: invented people, real engine, the services of every room."""

from tracker.demo.build import DemoClinic, NotADemoError, build_demo

__all__ = ["DemoClinic", "NotADemoError", "build_demo"]
