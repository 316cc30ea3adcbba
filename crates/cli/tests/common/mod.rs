//! The program as a user runs it.
#![allow(dead_code, unreachable_pub, reason = "every test file has its own copy and uses a part")]
#![allow(clippy::unwrap_used, reason = "a test's helpers fail as its tests do")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    process::{Child, Command, Output, Stdio},
};

pub fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_framewire")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// A running server, with the address that it printed.
pub struct Server {
    pub child: Child,
    pub port: u16,
    pub url: String,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_framewire"))
            .args(arguments)
            .args(["--port", "0", "--log", "error"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let authority = url.split('/').nth(2).unwrap_or_else(|| panic!("no address in {url:?}"));
        let port = authority.trim().rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port, url: url.trim().to_owned() }
    }

    pub fn get(&self, path: &str) -> String {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", self.port)
            .unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends SIGTERM and gives the exit code.
    #[cfg(unix)]
    pub fn terminate(mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
