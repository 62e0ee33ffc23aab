#include "services/cloudformation/responses/response_box.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <set>

#include "core/bytes.h"
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
  std::string bucket(ResponseBox::kBuckets);
  std::copy_if(region.begin(), region.end(), std::back_inserter(bucket),
               [](char c) { return c != '-'; });
  return bucket;
}

/// "arn:aws:cloudformation:…:stack/name/<uuid>|<logical id>|<request id>" → "<uuid>/<request id>".
std::string key_of(std::string_view object) {
  const auto parts = core::split(object, '|');
  if (parts.size() != 3) return "";
  const std::string_view stack = parts[0].substr(parts[0].rfind('/') + 1);
  return fmt::format("{}/{}", stack, parts[2]);
}

}  // namespace

ResponseBox::ResponseBox(const service::Environment& environment, const std::string& base)
    : environment_(environment),
      bucket_(environment, bucket_of(environment.region), base),
      requests_(environment.store, "request") {}

std::int64_t ResponseBox::until_ms(const Request& request) const {
  const std::chrono::milliseconds timeout =
      environment_.config.pace().of(std::chrono::milliseconds(request.timeout));
  return environment_.clock.now_ms() + timeout.count();
}

std::chrono::milliseconds ResponseBox::left(const Request& request) {
  const std::string key = fmt::format("{}/{}", request.stack, request.id);
  auto stored = requests_.get(key);
  if (!stored) {
    stored = json::object{{"until_ms", until_ms(request)}};
    requests_.put(key, *stored);
  }
  return std::chrono::milliseconds(json::int_or(*stored, "until_ms", 0) -
                                   environment_.clock.now_ms());
}

ResponseBox::Opened ResponseBox::open(const Request& request) {
  const std::string key = fmt::format("{}/{}", request.stack, request.id);
  if (const auto stored = requests_.get(key)) {
    return {json::string_or(*stored, "url"), json::bool_or(*stored, "sent", false)};
  }
  const std::string url = bucket_.url_of(request.object, kUrlLife_s);
  requests_.put(key, {{"url", url}, {"sent", false}, {"until_ms", until_ms(request)}});
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

net::HttpResponse ResponseBox::serve(const net::HttpRequest& request) {
  return bucket_.serve(
      request, [this](const std::string& object, std::string_view body) { take(object, body); });
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
