// Keeps web pages away from the AWS API and from Tandem's own paths.
//
// Anything that listens on loopback can be reached by every page the user's browser opens. The
// browser says who asks: Host, Origin, Sec-Fetch-Site and Referer cannot be forged by a page. SDKs,
// the AWS CLI and curl send none but Host. API Gateway's data plane is not guarded: calling an API
// from a page of another origin is what browsers do with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/random.h"
#include "net/http.h"

namespace tandem::service {

/// Why a request is refused, for its sender to read, or nothing. To be asked with the head, before
/// the body is read.
///
/// - Host must be a loopback address, the address the connection was accepted on, localhost or a
///   name of AWS's: any other name could be one that an attacker points here (DNS rebinding).
///   A request without Host comes from no browser.
/// - A page may ask only when its origin is the very one it asks. Origin null (a sandboxed frame, a
///   file) is none.
/// - What a browser opens by itself (a link from a mail) may only read.
std::optional<std::string> foreign_page(const net::HttpRequest& head);

/// 403 in the shape of the service that the request was headed for.
net::HttpResponse page_refusal(const net::HttpRequest& head, const std::string& why,
                               core::Random& random);

/// Objects of S3 are served from the origin of the AWS API itself. A browser that opens one as a
/// document must not run it as a part of that origin: it gets "Content-Security-Policy: sandbox".
/// Programs that are no browsers see AWS's answer unchanged.
bool opens_as_document(const net::HttpRequest& head);
void sandbox_document(net::HttpResponse& response);

}  // namespace tandem::service
