use std::net::SocketAddr;

use axum::Router;
use chassis::failure::Failure;
use chassis::service::Service;
use chassis::shutdown::Shutdown;
use chassis::windows::Windows;
use chassis::{Options, testing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A service that runs in this process.
pub struct Running {
    pub address: SocketAddr,
    pub shutdown: Shutdown,
    pub windows: Windows,
    pub ended: JoinHandle<Result<(), Failure>>,
}

pub async fn start(options: &Options, routes: Router) -> Running {
    start_as("orders", options, routes).await
}

pub async fn start_as(name: &'static str, options: &Options, routes: Router) -> Running {
    testing::record_spans();
    let service = Service::start(name, options).await.unwrap();
    Running {
        address: service.address(),
        shutdown: service.shutdown.clone(),
        windows: service.windows.clone(),
        ended: tokio::spawn(service.serve(routes)),
    }
}

impl Running {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends these bytes, and reads until the service closes the connection.
    pub async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset instead of an end is the same to us.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
