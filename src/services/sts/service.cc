#include "services/sts/service.h"

#include <fmt/format.h>
#include <utility>

#include "aws/arn.h"
#include "core/log.h"
#include "service/table.h"
#include "services/sts/model/trust.h"

namespace tandem::sts {
namespace {

constexpr std::int64_t kDefaultAssumed_s = 3'600;
// API reference, AssumeRole, DurationSeconds: sessions that come from other temporary credentials.
constexpr std::int64_t kMaxChained_s = 3'600;
// API reference, GetSessionToken, DurationSeconds.
constexpr std::int64_t kDefaultToken_s = 43'200;
constexpr std::int64_t kMaxRootToken_s = 3'600;
// For how long an expired session can still say whose it was. Its token tells its end for ever.
constexpr std::int64_t kRemembered_s = 86'400;
aws::ApiError denied(std::string_view caller, std::string_view action, std::string_view resource) {
  return {403, "AccessDenied",
          fmt::format("User: {} is not authorized to perform: {} on resource: {}", caller, action,
                      resource)};
}

aws::ApiError validation_error(std::string message) {
  return {400, "ValidationError", std::move(message)};
}

}  // namespace

StsService::StsService(service::Environment environment, service::KeyRing& keys,
                       const Identities& identities)
    : environment_(std::move(environment)),
      keys_(keys),
      identities_(identities),
      sessions_(environment_.store, "sessions") {
  using service::RequestContext;
  const auto add = [this](std::string_view name, auto function,
                          std::vector<std::string_view> accepts) {
    operations_.push_back(service::row(name, std::move(function), std::move(accepts)));
  };
  add("GetCallerIdentity",
      [this](RequestContext& context, const json::object&) { return get_caller_identity(context); },
      {});
  add("AssumeRole",
      [this](RequestContext& context, const json::object& input) {
        return assume_role(context, input);
      },
      {"RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId"});
  add("GetSessionToken",
      [this](RequestContext& context, const json::object& input) {
        return get_session_token(context, input);
      },
      {"DurationSeconds"});
}

void StsService::start() {
  try {
    drop_old_sessions();
  } catch (const store::StoreError&) {
    // A store that takes no writes is no reason not to serve: old sessions are refused by their
    // expiry, and the next role that is assumed drops them.
    log::warning("sts: old sessions stay in the store until it takes writes");
  }
  for (const auto& [id, session] : sessions_.list()) publish(session);
}

std::function<void()> StsService::forgetting() {
  return [this, sessions = sessions_.list()] {
    for (const auto& [id, session] : sessions) keys_.erase(id);
    if (emptied_) emptied_();
  };
}

namespace {

constexpr std::string_view kSessions = "sessions";

json::object shown(const json::object& session) {
  json::object shown;
  for (const std::string_view member : {"Arn", "UserId", "Expiration"}) {
    if (const auto* value = json::find(session, member)) shown[member] = *value;
  }
  return shown;
}

}  // namespace

service::IdentityKind StsService::identity_kind() const {
  return {.name = std::string(kSessions),
          .find = [this](std::string_view id) -> std::optional<json::object> {
            const auto session = sessions_.get(id);
            if (!session) return std::nullopt;
            return shown(*session);
          },
          .list =
              [this](std::string_view after, std::size_t most) {
                auto found = sessions_.list("", after, most);
                for (auto& [id, session] : found) session = shown(session);
                return found;
              }};
}

void StsService::end_session(std::string_view access_key_id) {
  sessions_.erase(access_key_id);
  keys_.erase(access_key_id);
  if (changed_) changed_(kSessions, access_key_id);
}

std::string StsService::root_arn() const {
  return aws::make_arn("iam", "", environment_.account(), "root");
}

std::string StsService::caller_arn(const service::RequestContext& context) const {
  return context.caller.arn.empty() ? root_arn() : context.caller.arn;
}

std::string StsService::user_id_of(const service::RequestContext& context) const {
  if (const auto session = sessions_.get(context.caller.access_key_id)) {
    return json::string_or(*session, "UserId");
  }
  return identities_.find_user_id(caller_arn(context)).value_or(environment_.account());
}

service::Reply StsService::get_caller_identity(const service::RequestContext& context) const {
  return json::object{{"UserId", user_id_of(context)},
                      {"Account", environment_.account()},
                      {"Arn", caller_arn(context)}};
}

service::Reply StsService::assume_role(const service::RequestContext& context,
                                       const json::object& input) {
  const std::string role_arn = json::string_or(input, "RoleArn");
  const std::string name = json::string_or(input, "RoleSessionName");
  const auto arn = aws::Arn::parse(role_arn);
  if (!arn) throw validation_error(fmt::format("{} is invalid", role_arn));
  const auto role = identities_.find_role(role_arn);
  const auto external_id = json::find_string(input, "ExternalId");
  std::optional<std::string_view> given;
  if (external_id) given = *external_id;
  if (!role || !external_id_accepted(role->trust_policy, given)) {
    // A role that does not exist and one that is not to be had look the same from outside.
    throw denied(caller_arn(context), "sts:AssumeRole", role_arn);
  }
  const std::int64_t duration_s = json::int_or(input, "DurationSeconds", kDefaultAssumed_s);
  if (duration_s > kMaxChained_s && sessions_.contains(context.caller.access_key_id)) {
    throw validation_error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining.");
  }
  if (duration_s > role->max_session_s) {
    throw validation_error(
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  const std::string assumed_arn =
      aws::make_arn("sts", "", arn->account, fmt::format("assumed-role/{}/{}", role->name, name));
  const std::string assumed_id = fmt::format("{}:{}", role->id, name);
  json::object credentials = open_session({assumed_arn, assumed_id, duration_s});
  return json::object{{"Credentials", std::move(credentials)},
                      {"AssumedRoleUser", {{"AssumedRoleId", assumed_id}, {"Arn", assumed_arn}}}};
}

service::Reply StsService::get_session_token(const service::RequestContext& context,
                                             const json::object& input) {
  if (sessions_.contains(context.caller.access_key_id)) {
    throw aws::ApiError(403, "AccessDenied",
                        "Cannot call GetSessionToken with session credentials");
  }
  const std::string arn = caller_arn(context);
  std::int64_t duration_s = json::int_or(input, "DurationSeconds", kDefaultToken_s);
  // "If the duration is longer than one hour, the session for AWS account owners defaults to one
  // hour."
  if (arn == root_arn()) duration_s = std::min(duration_s, kMaxRootToken_s);
  json::object credentials = open_session({arn, user_id_of(context), duration_s});
  return json::object{{"Credentials", std::move(credentials)}};
}

json::object StsService::open_session(NewSession opened) {
  drop_old_sessions();
  const service::KeyMint& mint = keys_.mint();
  const std::string id = mint.make_id("ASIA", service::KeyMint::kIdentities, environment_.random);
  const std::int64_t expires_s = environment_.clock.now_s() + opened.duration_s;
  json::object credentials = {{"AccessKeyId", id},
                              {"SecretAccessKey", mint.secret_of(id)},
                              {"SessionToken", mint.token_of(id, expires_s)},
                              {"Expiration", expires_s}};
  json::object session = credentials;
  session["Arn"] = opened.arn;
  session["UserId"] = opened.user_id;
  sessions_.put(id, session);
  publish(session);
  if (changed_) changed_(kSessions, id);
  return credentials;
}

void StsService::publish(const json::object& session) {
  service::KeyRing::Key key;
  key.secret = json::string_or(session, "SecretAccessKey");
  key.session_token = json::string_or(session, "SessionToken");
  key.arn = json::string_or(session, "Arn");
  key.expires_s = json::int_or(session, "Expiration", 0);
  keys_.set(json::string_or(session, "AccessKeyId"), std::move(key));
}

void StsService::end_sessions_of(std::string_view unique_id) {
  const std::string of_role = std::string(unique_id) + ":";
  for (const auto& [id, session] : sessions_.list()) {
    const std::string user_id = json::string_or(session, "UserId");
    if (user_id != unique_id && !user_id.starts_with(of_role)) continue;
    end_session(id);
  }
}

void StsService::drop_old_sessions() {
  const std::int64_t oldest_s = environment_.clock.now_s() - kRemembered_s;
  for (const auto& [id, session] : sessions_.list()) {
    if (json::int_or(session, "Expiration", 0) > oldest_s) continue;
    end_session(id);
  }
}

}  // namespace tandem::sts
