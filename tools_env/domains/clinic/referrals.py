"""Referrals: what other doctors sent patients for, and for how much longer."""

from datetime import timedelta

from tools_env.authoring import Refused, read, write
from tools_env.domains.clinic.books import Books
from tools_env.domains.clinic.records import PatientId, Referral, ReferralId


class Referrals(Books):
    """Tools around referrals."""

    @read()
    def list_referrals(self, patient_id: PatientId) -> list[Referral]:
        """List the referrals of a patient."""
        return self.referrals.where(patient_id=self.patients[patient_id].patient_id)

    @write("6.1", "6.2", "6.4", ask="have {referral_id} extended")
    def extend_referral(self, referral_id: ReferralId) -> Referral:
        """Extend a referral that is about to expire or has just expired."""
        referral, terms = self.referrals[referral_id], self.terms
        earliest = referral.expiry - timedelta(days=terms.extend_before)
        if not earliest <= self.now <= referral.expiry + timedelta(days=terms.extend_after):
            fact = self.referrals.because(referral, "expiry", self.ahead(6))
            raise Refused("6.1", f"It expires on {referral.expiry}: not the time to extend it.", fact)
        if referral.issued_on < self.back(terms.referral_age):
            fact = self.referrals.because(referral, "issued_on", self.back(terms.referral_age // 2))
            raise Refused("6.2", f"It was issued on {referral.issued_on}, too long ago.", fact)
        if referral.extended_on and referral.extended_on > self.back(terms.extend_again):
            fact = self.referrals.because(referral, "extended_on", self.back(terms.extend_again + 10))
            raise Refused("6.4", f"It was last extended on {referral.extended_on}.", fact)
        return self.referrals.change(referral, expiry=self.ahead(terms.extend_days), extended_on=self.now)
