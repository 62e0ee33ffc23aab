#include "services/cloudformation/responses/bucket.h"

#include <fmt/format.h>

#include "aws/error.h"
#include "aws/xml_codec.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/text.h"

namespace tandem::cloudformation {
namespace {

net::HttpResponse refusal(const aws::ApiError& error) {
  net::HttpResponse response;
  response.status = error.status();
  response.headers.set("Content-Type", "application/xml");
  response.body = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>", error.code());
  aws::append_xml_escaped(error.message(), response.body);
  response.body += "</Message></Error>";
  return response;
}

aws::ApiError access_denied(std::string message) {
  return {403, "AccessDenied", std::move(message)};
}

/// Clients do not send the port that http has anyway (WHATWG URL, "port state"), and the host they
/// send is what is signed.
std::string without_default_port(std::string base) {
  constexpr std::string_view kDefault = ":80/";
  const std::size_t port = base.starts_with("http://") ? base.find(kDefault) : std::string::npos;
  if (port != std::string::npos) base.erase(port, kDefault.size() - 1);
  return base;
}

}  // namespace

Bucket::Bucket(const service::Environment& environment, std::string name, const std::string& base)
    : environment_(environment),
      name_(std::move(name)),
      base_(base.empty() ? fmt::format("https://{}.s3.{}.amazonaws.com/", name_, environment.region)
                         : fmt::format("{}{}/", without_default_port(base), name_)),
      keys_(environment.store, "response-key") {}

Bucket::Key Bucket::signing_key() {
  if (const auto stored = keys_.get("")) {
    return {json::string_or(*stored, "id"), json::string_or(*stored, "secret")};
  }
  core::Random& random = environment_.random;
  Key made{"AKIA" + core::random_text(random, 16, core::kUpperAlnum),
           core::random_text(random, 40, core::kAlnum)};
  keys_.put("", {{"id", made.id}, {"secret", made.secret}});
  return made;
}

std::string Bucket::url_of(std::string_view object, std::int64_t life_s) {
  const Key key = signing_key();
  const auto host_at = base_.find("//") + 2;
  const auto path_at = base_.find('/', host_at);
  const std::string encoded = core::percent_encode(object, core::Slash::kKeep);
  net::HttpRequest put;
  put.method = "PUT";
  put.target = base_.substr(path_at) + encoded;
  put.headers.set("Host", base_.substr(host_at, path_at - host_at));
  return fmt::format("{}{}?{}", base_, encoded,
                     aws::presign_query(put, {key.id, key.secret, ""}, environment_.region, "s3",
                                        environment_.clock.now_s(), life_s, derived_));
}

std::string Bucket::object_of(std::string_view url) const {
  const std::string before = without_default_port(std::string(url));  // handles of older versions
  url = before;
  if (!url.starts_with(base_)) return "";
  url.remove_prefix(base_.size());
  return core::percent_decode(url.substr(0, url.find('?')));
}

bool Bucket::serves(const net::HttpRequest& request) const {
  const std::string host = request.host();
  if (host.size() > name_.size() && host.starts_with(name_) && host[name_.size()] == '.' &&
      host.ends_with(".amazonaws.com")) {
    return true;
  }
  const std::string_view path = request.path();
  return path.size() > name_.size() + 1 && path.substr(1).starts_with(name_) &&
         path[name_.size() + 1] == '/';
}

std::string Bucket::verified_object(const net::HttpRequest& request) {
  if (request.method != "PUT") throw access_denied("Access Denied");
  const auto authorization = aws::parse_authorization(request);
  const Key key = signing_key();
  if (!authorization || !authorization->presigned() ||
      authorization->scope.access_key_id != key.id) {
    throw access_denied("Access Denied");
  }
  const std::int64_t now_s = environment_.clock.now_s();
  try {
    aws::check_signature_time(*authorization, now_s);
  } catch (const aws::ApiError&) {
    throw access_denied("Request has expired");
  }
  try {
    aws::verify_signature(request, *authorization, key.secret, derived_, now_s);
  } catch (const aws::ApiError&) {
    throw aws::ApiError(403, "SignatureDoesNotMatch",
                        "The request signature we calculated does not match the signature you "
                        "provided. Check your key and signing method.");
  }
  std::string_view path = request.path();
  path.remove_prefix(1);
  if (path.starts_with(name_ + '/')) path.remove_prefix(name_.size() + 1);
  return core::percent_decode(path);
}

net::HttpResponse Bucket::serve(const net::HttpRequest& request, const Take& take) {
  try {
    take(verified_object(request), request.body);
  } catch (const aws::ApiError& error) {
    return refusal(error);
  } catch (const store::StoreError& error) {
    return refusal({503, "ServiceUnavailable", error.message});
  }
  net::HttpResponse response;
  response.headers.set("ETag", fmt::format("\"{}\"", core::hex_encode(core::md5(request.body))));
  return response;
}

}  // namespace tandem::cloudformation
