#include "services/cloudformation/responses/response_box.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <set>

#include "aws/error.h"
#include "aws/xml_codec.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/text.h"
#include "services/cloudformation/model/custom_response.h"

namespace tandem::cloudformation {
namespace {

/// As CloudFormation's own URLs: two hours, longer than any request lasts.
constexpr std::int64_t kUrlLife_s = 7'200;
/// For a timer that was set early; an answer wakes its waiter at once.
constexpr std::chrono::milliseconds kLongestRest{60'000};

std::string bucket_of(const std::string& region) {
  std::string bucket = "cloudformation-custom-resource-response-";
  std::copy_if(region.begin(), region.end(), std::back_inserter(bucket),
               [](char c) { return c != '-'; });
  return bucket;
}

net::HttpResponse refusal(const aws::ApiError& error) {
  net::HttpResponse response;
  response.status = error.status();
  response.headers.set("Content-Type", "application/xml");
  response.body = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code>",
                              error.code());
  response.body += "<Message>";
  aws::append_xml_escaped(error.message(), response.body);
  response.body += "</Message></Error>";
  return response;
}

aws::ApiError access_denied(std::string message) {
  return {403, "AccessDenied", std::move(message)};
}

/// "arn:aws:cloudformation:…:stack/name/<uuid>|<logical id>|<request id>" → "<uuid>/<request id>".
std::string key_of(std::string_view object) {
  const auto parts = core::split(object, '|');
  if (parts.size() != 3) return "";
  const std::string_view stack = parts[0].substr(parts[0].rfind('/') + 1);
  return fmt::format("{}/{}", stack, parts[2]);
}

}  // namespace

ResponseBox::ResponseBox(const service::Environment& environment, std::string base)
    : environment_(environment),
      bucket_(bucket_of(environment.region)),
      base_(base.empty()
                ? fmt::format("https://{}.s3.{}.amazonaws.com/", bucket_, environment.region)
                : fmt::format("{}{}/", base, bucket_)),
      requests_(environment.store, "request"),
      keys_(environment.store, "response-key") {}

ResponseBox::Key ResponseBox::signing_key() {
  if (const auto stored = keys_.get("")) {
    return {json::string_or(*stored, "id"), json::string_or(*stored, "secret")};
  }
  core::Random& random = environment_.random;
  Key made{"AKIA" + core::random_text(random, 16, core::kUpperAlnum),
           core::random_text(random, 40, core::kAlnum)};
  keys_.put("", {{"id", made.id}, {"secret", made.secret}});
  return made;
}

std::string ResponseBox::url_of(const Request& request, std::int64_t now_s) {
  const Key key = signing_key();
  const auto host_at = base_.find("//") + 2;
  net::HttpRequest put;
  put.method = "PUT";
  const auto path_at = base_.find('/', host_at);
  const std::string object = core::percent_encode(request.object, core::Slash::kKeep);
  put.target = base_.substr(path_at) + object;
  put.headers.set("Host", base_.substr(host_at, path_at - host_at));
  const std::string query = aws::presign_query(put, {key.id, key.secret, ""}, environment_.region,
                                               "s3", now_s, kUrlLife_s, derived_);
  return fmt::format("{}{}?{}", base_, object, query);
}

ResponseBox::Opened ResponseBox::open(const Request& request) {
  const std::string key = fmt::format("{}/{}", request.stack, request.id);
  if (const auto stored = requests_.get(key)) {
    return {json::string_or(*stored, "url"), json::bool_or(*stored, "sent", false)};
  }
  const std::string url = url_of(request, environment_.clock.now_s());
  const std::chrono::milliseconds timeout =
      environment_.config.pace().of(std::chrono::milliseconds(request.timeout));
  requests_.put(
      key,
      {{"url", url}, {"sent", false}, {"until_ms", environment_.clock.now_ms() + timeout.count()}});
  return {url, false};
}

void ResponseBox::mark_sent(const Request& request) {
  const std::string key = fmt::format("{}/{}", request.stack, request.id);
  auto stored = requests_.get(key);
  // The answer may have been quicker.
  if (!stored) return;
  (*stored)["sent"] = true;
  requests_.put(key, *stored);
}

Task<std::optional<std::string>> ResponseBox::wait(Request request) {
  const std::string key = fmt::format("{}/{}", request.stack, request.id);
  core::Timer timer(co_await asio::this_coro::executor);
  waiting_[key] = &timer;
  struct Place {
    ResponseBox& box;
    const std::string& key;
    ~Place() { box.waiting_.erase(key); }
  };
  const Place place{*this, key};
  for (;;) {
    const auto stored = requests_.get(key);
    if (!stored) co_return std::nullopt;
    if (const auto body = json::find_string(*stored, "body")) {
      co_return core::base64_decode(*body).value_or("");
    }
    const std::chrono::milliseconds left(json::int_or(*stored, "until_ms", 0) -
                                         environment_.clock.now_ms());
    if (left.count() <= 0) co_return std::nullopt;
    timer.expires_after(std::min(left, kLongestRest));
    boost::system::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
}

// What stays because the store refuses goes at the next start.
void ResponseBox::forget(const std::string& stack) {
  try {
    for (const auto& [key, request] : requests_.list(stack + '/')) requests_.erase(key);
  } catch (const store::StoreError& error) {
    log::warning("cloudformation: answers of custom resources stay: {}", error.message);
  }
}

void ResponseBox::keep_only(const std::function<bool(std::string_view stack)>& wanted) {
  std::set<std::string, std::less<>> others;
  for (const auto& [key, request] : requests_.list()) {
    const std::string_view stack = std::string_view(key).substr(0, key.find('/'));
    if (!wanted(stack)) others.emplace(stack);
  }
  for (const std::string& stack : others) forget(stack);
}

bool ResponseBox::serves(const net::HttpRequest& request) const {
  const std::string host = request.host();
  if (host.size() > bucket_.size() && host.starts_with(bucket_) && host[bucket_.size()] == '.' &&
      host.ends_with(".amazonaws.com")) {
    return true;
  }
  const std::string_view path = request.path();
  return path.size() > bucket_.size() + 1 && path.substr(1).starts_with(bucket_) &&
         path[bucket_.size() + 1] == '/';
}

std::string ResponseBox::verified_object(const net::HttpRequest& request) {
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
  if (path.starts_with(bucket_ + '/')) path.remove_prefix(bucket_.size() + 1);
  return core::percent_decode(path);
}

net::HttpResponse ResponseBox::serve(const net::HttpRequest& request) {
  try {
    if (request.method != "PUT") throw access_denied("Access Denied");
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

// Stored before it is acknowledged. One that nobody waits for is taken all the same, as the bucket
// does; the first of several counts.
void ResponseBox::take(const std::string& object, std::string_view body) {
  const std::string key = key_of(object);
  auto stored = requests_.get(key);
  if (!stored || stored->contains("body")) return;
  // One byte more than there may be tells that there were too many.
  (*stored)["body"] = core::base64_encode(body.substr(0, kMostResponseBytes + 1));
  (*stored)["sent"] = true;
  requests_.put(key, *stored);
  const auto waiter = waiting_.find(key);
  if (waiter != waiting_.end()) waiter->second->cancel();
}

}  // namespace tandem::cloudformation
