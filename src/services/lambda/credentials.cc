#include "services/lambda/credentials.h"

#include <fmt/format.h>

#include "core/bytes.h"
#include "core/ids.h"

namespace tandem::lambda {
namespace {

/// "Lambda quotas": a function's timeout is 900 seconds at most.
constexpr std::int64_t kLongestInvocation_s = 900;

}  // namespace

FunctionCredentials RoleCredentials::credentials_for(const Function& function) {
  const auto found = held_.find(function.key());
  if (found != held_.end() && found->second.role == function.role) {
    return found->second.credentials;
  }
  forget(function.key());
  core::Random& random = environment_.random;
  FunctionCredentials made;
  made.access_key_id =
      keys_.mint().make_id("ASIA", service::KeyMint::functions_of(environment_.region), random);
  made.secret_access_key = core::random_text(random, 40, core::kAlnum);
  made.session_token = core::base64_encode(core::random_text(random, 96, core::kAlnum));
  const std::string role = function.role.substr(function.role.rfind('/') + 1);
  service::KeyRing::Key key;
  key.secret = made.secret_access_key;
  key.session_token = made.session_token;
  key.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", environment_.account(), role,
                        function.name);
  keys_.set(made.access_key_id, std::move(key));
  held_[function.key()] = {function.role, made};
  return made;
}

void RoleCredentials::forget(const std::string& function_key) {
  drop_ended();
  const auto found = held_.find(function_key);
  if (found == held_.end()) return;
  const std::string& id = found->second.credentials.access_key_id;
  if (const auto* key = keys_.find(id)) {
    service::KeyRing::Key ending = *key;
    ending.expires_s = environment_.clock.now_s() + kLongestInvocation_s;
    keys_.set(id, ending);
    ending_.push_back({id, ending.expires_s});
  }
  held_.erase(found);
}

void RoleCredentials::drop_ended() {
  while (!ending_.empty() && ending_.front().at_s <= environment_.clock.now_s()) {
    keys_.erase(ending_.front().access_key_id);
    ending_.pop_front();
  }
}

void RoleCredentials::forget_all() {
  for (const auto& [name, held] : held_) keys_.erase(held.credentials.access_key_id);
  for (const auto& ending : ending_) keys_.erase(ending.access_key_id);
  held_.clear();
  ending_.clear();
}

}  // namespace tandem::lambda
