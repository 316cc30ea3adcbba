//! Frames in, picture in the browser.
