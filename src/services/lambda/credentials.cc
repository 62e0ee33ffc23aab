#include "services/lambda/credentials.h"

#include "core/bytes.h"
#include "core/ids.h"

namespace tandem::lambda {

FunctionCredentials RoleCredentials::credentials_for(const Function& function) {
  const auto found = held_.find(function.name);
  if (found != held_.end() && found->second.role == function.role) {
    return found->second.credentials;
  }
  forget(function.name);
  FunctionCredentials made;
  made.access_key_id = "ASIA" + core::random_text(random_, 16, core::kUpperAlnum);
  made.secret_access_key = core::random_text(random_, 40, core::kAlnum);
  made.session_token = core::base64_encode(core::random_text(random_, 96, core::kAlnum));
  const std::string role = function.role.substr(function.role.rfind('/') + 1);
  service::KeyRing::Key key;
  key.secret = made.secret_access_key;
  key.session_token = made.session_token;
  key.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account_, role, function.name);
  keys_.set(made.access_key_id, std::move(key));
  held_[function.name] = {function.role, made};
  return made;
}

void RoleCredentials::forget(const std::string& function_name) {
  const auto found = held_.find(function_name);
  if (found == held_.end()) return;
  keys_.erase(found->second.credentials.access_key_id);
  held_.erase(found);
}

void RoleCredentials::forget_all() {
  for (const auto& [name, held] : held_) keys_.erase(held.credentials.access_key_id);
  held_.clear();
}

}  // namespace tandem::lambda
