"""Clinic, the second full-size domain: the front desk of an outpatient clinic."""

from tools_env.domains.clinic.desk import Clinic

__all__ = ["Clinic"]
