"""Microphones, voice detectors, recognisers, synthesisers and loudspeakers: one file each."""
