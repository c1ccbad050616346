//! The HTTP client of stores, which notices encryption with the customer's keys.
//!
//! An object's tag is the MD5 sum of its content, except with such encryption (S3: SSE-KMS, SSE-C). The client library
//! doesn't return the headers that say so.

use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Makes HTTP clients that set the flag once an answer shows such encryption.
#[derive(Debug)]
pub(super) struct WatchedConnector(pub(super) Arc<AtomicBool>);

impl HttpConnector for WatchedConnector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = ReqwestConnector::default().connect(options)?;
        let flag = Arc::clone(&self.0);
        Ok(HttpClient::new(WatchedClient { inner, flag }))
    }
}

#[derive(Debug)]
struct WatchedClient {
    inner: HttpClient,
    flag: Arc<AtomicBool>,
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for WatchedClient {
    fn call<'life0, 'async_trait>(&'life0 self, request: HttpRequest) -> Answer<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let answer = self.inner.execute(request).await?;
            let headers = answer.headers();
            let by_service = headers.get("x-amz-server-side-encryption");
            let by_service =
                by_service.is_some_and(|value| value.as_bytes().starts_with(b"aws:kms"));
            let by_customer = "x-amz-server-side-encryption-customer-algorithm";
            if by_service || headers.contains_key(by_customer) {
                self.flag.store(true, Ordering::Relaxed);
            }
            Ok(answer)
        })
    }
}
