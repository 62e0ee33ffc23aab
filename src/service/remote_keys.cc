#include "service/remote_keys.h"

#include <algorithm>

#include "aws/error.h"
#include "core/json.h"
#include "service/own_paths.h"

namespace tandem::service {
namespace {

constexpr std::int64_t kHoldsFor_s = 1;
/// What a frozen global may cost a caller, and for how long nobody is made to wait again.
constexpr std::chrono::milliseconds kPatience{500};
constexpr std::chrono::nanoseconds kQuiet = std::chrono::seconds(5);
constexpr std::size_t kMostLearned = 1024;

bool timed_out(const net::NetError& error) {
  return error.kind == net::NetError::Kind::kTimeout ||
         error.kind == net::NetError::Kind::kConnectTimeout;
}

}  // namespace

/// A global that has said something since is asked again at once.
bool RemoteKeys::is_quiet() const {
  return unanswered_ns_ && link_.heard_ns() <= *unanswered_ns_ &&
         clock_.steady_ns() - *unanswered_ns_ < kQuiet.count();
}

bool RemoteKeys::is_heard_of(const std::string& access_key_id) const {
  const KeyRing::Key* key = ring_.find(access_key_id);
  return key != nullptr && key->ask_again_s == 0;
}

Task<std::optional<net::HttpResponse>> RemoteKeys::ask(std::string access_key_id) {
  std::optional<net::HttpResponse> answer;
  if (is_quiet()) co_return answer;
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/_tandem/keys/" + access_key_id;
  sign_own_path(request, keeper_.address, root_, clock_.now_s());
  try {
    answer = co_await client_.send(keeper_, std::move(request), kPatience);
    unanswered_ns_.reset();
  } catch (const net::NetError& error) {
    if (timed_out(error)) unanswered_ns_ = clock_.steady_ns();
  }
  co_return answer;
}

Task<void> RemoteKeys::refresh(std::string access_key_id) {
  const auto answer = co_await ask(access_key_id);
  // What was heard of it meanwhile is later than the answer, or as late.
  if (is_heard_of(access_key_id)) co_return;
  if (answer && answer->status == 200) co_return learn(access_key_id, answer->body);
  ring_.erase(access_key_id);
  const bool gone = answer && answer->status == 404;
  if (gone || plane_.complete()) co_return;
  throw aws::ApiError(503, "ServiceUnavailable",
                      "Nobody can say whether the access key is valid: the process that keeps "
                      "IAM's keys does not answer, and this region has not heard of them yet");
}

void RemoteKeys::learn(const std::string& access_key_id, const std::string& body) {
  const auto parsed = json::parse_text(body);
  if (!parsed || !parsed.value().is_object()) return ring_.erase(access_key_id);
  const auto& document = parsed.value().as_object();
  const KeyMint& mint = ring_.mint();
  KeyRing::Key key;
  key.secret = mint.secret_of(access_key_id);
  key.arn = json::string_or(document, "Arn");
  key.expires_s = json::int_or(document, "Expires", 0);
  if (key.expires_s != 0) key.session_token = mint.token_of(access_key_id, key.expires_s);
  key.ask_again_s = clock_.now_s() + kHoldsFor_s;
  if (std::find(learned_.begin(), learned_.end(), access_key_id) == learned_.end()) {
    learned_.push_back(access_key_id);
  }
  ring_.set(access_key_id, std::move(key));
  if (learned_.size() <= kMostLearned) return;
  // What was heard of since stays.
  if (!is_heard_of(learned_.front())) ring_.erase(learned_.front());
  learned_.pop_front();
}

}  // namespace tandem::service
