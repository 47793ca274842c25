//! SOCKS proxies, versions 4, 4a and 5.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{
        Mutex,
        mpsc::{Receiver, channel},
    },
};

use crate::test_servers::{join, listen};

/// Runs a SOCKS proxy that reports version, user and host of each request.
pub fn socks_proxy(reply: u8) -> (u16, Receiver<String>) {
    let (asked, received) = channel();
    let asked = Mutex::new(asked);
    let port = listen(move |mut stream| {
        let version = byte(&mut stream)?;
        let (told, port) =
            if version == 4 { read_socks4(&mut stream)? } else { read_socks5(&mut stream)? };
        let _ = asked.lock().expect("nobody panicked").send(told);
        let answer: &[u8] = match version {
            4 => &[0, if reply == 0 { 90 } else { reply }, 0, 0, 0, 0, 0, 0],
            _ => &[5, reply, 0, 1, 127, 0, 0, 1, 0, 80],
        };
        // One byte at a time: nothing may depend on how it is cut.
        for byte in answer {
            stream.write_all(&[*byte])?;
        }
        if reply == 0 {
            return join(stream, TcpStream::connect(("127.0.0.1", port))?);
        }
        io::copy(&mut stream, &mut io::sink()).map(drop)
    });
    (port, received)
}

fn read_socks4(stream: &mut TcpStream) -> io::Result<(String, u16)> {
    let mut head = [0; 7];
    stream.read_exact(&mut head)?;
    let port = u16::from_be_bytes([head[1], head[2]]);
    let user = until_nul(stream)?;
    let host = match head[3..] {
        [0, 0, 0, last] if last > 0 => until_nul(stream)?,
        _ => format!("{}.{}.{}.{}", head[3], head[4], head[5], head[6]),
    };
    Ok((format!("4 {user} {host}"), port))
}

fn read_socks5(stream: &mut TcpStream) -> io::Result<(String, u16)> {
    let methods = text(stream)?;
    let user = if methods.contains('\x02') {
        stream.write_all(&[5, 2])?;
        byte(stream)?;
        let user = format!("{}:{}", text(stream)?, text(stream)?);
        stream.write_all(&[1, 0])?;
        user
    } else {
        stream.write_all(&[5, 0])?;
        String::new()
    };
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let host = match head[3] {
        1 => format!("{}.{}.{}.{}", byte(stream)?, byte(stream)?, byte(stream)?, byte(stream)?),
        _ => text(stream)?,
    };
    let port = u16::from_be_bytes([byte(stream)?, byte(stream)?]);
    Ok((format!("5 {user} {host}"), port))
}

fn byte(stream: &mut TcpStream) -> io::Result<u8> {
    let mut byte = [0];
    stream.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// Text behind its length.
fn text(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = vec![0; byte(stream)?.into()];
    stream.read_exact(&mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

fn until_nul(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = String::new();
    loop {
        match byte(stream)? {
            0 => return Ok(text),
            byte => text.push(byte.into()),
        }
    }
}
