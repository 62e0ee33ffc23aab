#include "service/remote_keys.h"

#include <algorithm>
#include <optional>

#include "aws/error.h"
#include "core/json.h"
#include "service/own_paths.h"

namespace tandem::service {
namespace {

constexpr std::int64_t kHoldsFor_s = 1;
/// A frozen keeper must not hold every request up.
constexpr std::int64_t kPauseAfterFailure_s = 5;
constexpr std::chrono::milliseconds kTimeout{2'000};
constexpr std::size_t kMostKnown = 1024;

}  // namespace

Task<void> RemoteKeys::refresh(std::string access_key_id) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/_tandem/keys/" + access_key_id;
  sign_own_path(request, keeper_.address, root_, clock_.now_s());
  std::optional<net::HttpResponse> answer;
  try {
    answer = co_await client_.send(keeper_, std::move(request), kTimeout);
  } catch (const net::NetError&) {
    // Answered below.
  }
  if (answer && answer->status == 200) co_return learn(access_key_id, answer->body);
  if (answer && answer->status == 404) co_return ring_.erase(access_key_id);
  const auto* known = ring_.find(access_key_id);
  if (known == nullptr) {
    throw aws::ApiError(503, "ServiceUnavailable",
                        "Nobody can say whether the access key is valid: the process that keeps "
                        "IAM's keys does not answer");
  }
  KeyRing::Key kept = *known;
  kept.ask_again_s = clock_.now_s() + kPauseAfterFailure_s;
  ring_.set(access_key_id, std::move(kept));
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
  if (std::find(known_.begin(), known_.end(), access_key_id) == known_.end()) {
    known_.push_back(access_key_id);
  }
  ring_.set(access_key_id, std::move(key));
  if (known_.size() <= kMostKnown) return;
  ring_.erase(known_.front());
  known_.pop_front();
}

}  // namespace tandem::service
