#include "services/codebuild/engine/role_keys.h"

#include <fmt/format.h>

#include "core/bytes.h"
#include "core/ids.h"

namespace tandem::codebuild {
namespace {

constexpr std::int64_t kLife_s = 3'600;
constexpr std::int64_t kRenewed_s = 900;

}  // namespace

std::string session_arn(const std::string& role_arn, const std::string& uuid,
                        const std::string& account) {
  return fmt::format("arn:aws:sts::{}:assumed-role/{}/AWSCodeBuild-{}", account,
                     role_arn.substr(role_arn.rfind('/') + 1), uuid);
}

RoleCredentials RoleKeys::give(const std::string& uuid, const std::string& role_arn) {
  std::vector<RoleCredentials>& held = held_[uuid];
  const std::int64_t now_s = environment_.clock.now_s();
  if (!held.empty() && held.back().expires_s - kRenewed_s > now_s) return held.back();
  core::Random& random = environment_.random;
  RoleCredentials made;
  made.access_key_id =
      keys_.mint().make_id("ASIA", service::KeyMint::functions_of(environment_.region), random);
  made.secret_access_key = core::random_text(random, 40, core::kAlnum);
  made.session_token = core::base64_encode(core::random_text(random, 96, core::kAlnum));
  made.expires_s = now_s + kLife_s;
  made.role_arn = role_arn;
  service::KeyRing::Key key;
  key.secret = made.secret_access_key;
  key.session_token = made.session_token;
  key.arn = session_arn(role_arn, uuid, environment_.account());
  key.expires_s = made.expires_s;
  keys_.set(made.access_key_id, std::move(key));
  held.push_back(made);
  return made;
}

void RoleKeys::end(const std::string& uuid) {
  const auto found = held_.find(uuid);
  if (found == held_.end()) return;
  for (const RoleCredentials& each : found->second) keys_.erase(each.access_key_id);
  held_.erase(found);
}

}  // namespace tandem::codebuild
