//! H.264 units and parameter sets, read and written; Annex B and length-prefixed; the bitstream guard.
