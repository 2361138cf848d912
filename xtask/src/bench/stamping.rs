//! A server whose answers say when they were sent, so that how long they were under way can be told apart from how long the server
//! took to be woken.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

/// Starts it on a thread, which ends with the program. Answers any request without a body with the nanoseconds since 1970.
pub fn start() -> Result<SocketAddr, String> {
    let listen = || {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        std::thread::Builder::new()
            .name("stamping".into())
            .spawn(move || accept(&listener))?;
        Ok(address)
    };
    listen().map_err(|error: std::io::Error| format!("no server that stamps its answers: {error}"))
}

fn accept(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        // A client that goes away ends its own thread alone.
        std::thread::spawn(move || serve(stream));
    }
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line != "\r\n" {
            continue;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let body = now.as_nanos().to_string();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes())?;
    }
}
