//! Every wire message and the binary header; the source of the TypeScript types and the golden vectors.
