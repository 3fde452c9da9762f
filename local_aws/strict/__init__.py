"""Rules of AWS that ministack doesn't hold: each only refuses more, or resolves what AWS resolves."""
