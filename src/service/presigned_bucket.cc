#include "service/presigned_bucket.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "aws/protocol.h"
#include "core/text.h"
#include "service/request_ids.h"

namespace tandem::service {
namespace {

aws::ApiError access_denied() { return {403, "AccessDenied", "Access Denied"}; }

/// CreateBucket: a subresource would be named in the query. "x-id" is how some SDKs say the
/// operation once more.
bool makes_bucket(const net::HttpRequest& request) {
  return request.method == "PUT" &&
         (request.query().empty() || request.query().starts_with("x-id="));
}

bool is_in_host(std::string_view host, std::string_view bucket) {
  return host.size() > bucket.size() && host.starts_with(bucket) && host[bucket.size()] == '.' &&
         host.ends_with(".amazonaws.com");
}

/// Clients do not send the port that http has anyway (WHATWG URL, "port state"), and the host they
/// send is what is signed.
std::string without_default_port(std::string url) {
  constexpr std::string_view kDefault = ":80/";
  const std::size_t port = url.starts_with("http://") ? url.find(kDefault) : std::string::npos;
  if (port != std::string::npos) url.erase(port, kDefault.size() - 1);
  return url;
}

}  // namespace

PresignedBucket::PresignedBucket(const Environment& environment, Place place, Keys& keys)
    : environment_(environment),
      place_(std::move(place)),
      base_(place_.base.empty()
                ? fmt::format("https://{}.{}.{}.amazonaws.com/", place_.name, place_.service,
                              environment.region)
                : fmt::format("{}{}/", without_default_port(place_.base), place_.name)),
      keys_(keys) {}

std::string PresignedBucket::url_of(std::string_view method, std::string_view object,
                                    std::int64_t life_s) {
  const Key key = keys_.current();
  const auto host_at = base_.find("//") + 2;
  const auto path_at = base_.find('/', host_at);
  const std::string encoded = core::percent_encode(object, core::Slash::kKeep);
  net::HttpRequest request;
  request.method = method;
  request.target = base_.substr(path_at) + encoded;
  request.headers.set("Host", base_.substr(host_at, path_at - host_at));
  return fmt::format(
      "{}{}?{}", base_, encoded,
      aws::presign_query(request, {key.id, key.secret, ""}, environment_.region, place_.service,
                         environment_.clock.now_s(), life_s, derived_));
}

std::string PresignedBucket::object_of(std::string_view url) const {
  const std::string before = without_default_port(std::string(url));  // of older versions
  url = before;
  if (!url.starts_with(base_)) return "";
  url.remove_prefix(base_.size());
  return core::percent_decode(url.substr(0, url.find('?')));
}

bool PresignedBucket::serves(const net::HttpRequest& request) const {
  if (is_in_host(request.host(), name())) return true;
  std::string_view path = request.path();
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  const std::size_t size = name().size();
  return path.starts_with(name()) && (path.size() == size || path[size] == '/');
}

std::string PresignedBucket::named_object(const net::HttpRequest& request) const {
  std::string_view path = request.path();
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  if (!is_in_host(request.host(), name())) {
    path.remove_prefix(std::min(name().size() + 1, path.size()));
  }
  return core::percent_decode(path);
}

std::string PresignedBucket::verified_object(const net::HttpRequest& request,
                                             std::string_view method) {
  std::string object = named_object(request);
  if (object.empty() && makes_bucket(request)) {
    throw aws::ApiError(409, "BucketAlreadyExists",
                        "The requested bucket name is not available. The bucket namespace is "
                        "shared by all users of the system. Please select a different name and "
                        "try again.");
  }
  if (object.empty() || request.method != method) throw access_denied();
  const auto authorization = aws::parse_authorization(request);
  if (!authorization || !authorization->presigned()) throw access_denied();
  const std::string secret = keys_.secret_of(authorization->scope.access_key_id);
  if (secret.empty()) throw access_denied();
  try {
    aws::verify_signature(request, *authorization, secret, derived_, environment_.clock.now_s());
  } catch (const aws::ApiError& error) {
    // That it has expired, or is not yet valid.
    if (error.code() == "AccessDenied") throw;
    throw aws::ApiError(403, "SignatureDoesNotMatch",
                        "The request signature we calculated does not match the signature you "
                        "provided. Check your key and signing method.");
  }
  return object;
}

net::HttpResponse PresignedBucket::refusal(const net::HttpRequest& request,
                                           const aws::ApiError& error) const {
  const std::string request_id = make_request_id(place_.service, environment_.random);
  aws::ErrorPlace place;
  place.service = aws::model::find_service(place_.service);
  place.protocol = place.service ? place.service->protocol() : aws::model::Protocol::kRestXml;
  place.request_id = request_id;
  place.method = request.method;
  place.resource = request.path();
  return aws::encode_error(place, error);
}

}  // namespace tandem::service
