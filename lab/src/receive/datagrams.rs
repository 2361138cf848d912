//! Packets: each is a whole message, nobody waits for an answer, and what comes faster than it is fetched the kernel
//! drops. So a packet is taken at once or counted as lost.

use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::watch;

use super::Receiver;
use super::foreign::Read;
use crate::arrivals::Way;

/// The longest packet that UDP can carry.
const LONGEST: usize = 65_535;

/// Takes packets until `stop` says so, then those that have come before that.
pub async fn serve(
    socket: UdpSocket,
    way: Way,
    read: Read,
    receiver: Receiver,
    mut stop: watch::Receiver<bool>,
) {
    let mut packet = vec![0; LONGEST];
    loop {
        let received = tokio::select! {
            received = socket.recv(&mut packet) => received,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match received {
            Ok(length) => receiver.take_packet(way, read, &packet[..length]),
            // Nothing that a packet can cause; the kernel is short of memory, most likely.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    while let Ok(length) = socket.try_recv(&mut packet) {
        receiver.take_packet(way, read, &packet[..length]);
    }
}
