// STS: who is calling, and temporary credentials.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "service/dispatch.h"
#include "service/environment.h"
#include "service/identity_feed.h"
#include "service/service.h"
#include "services/sts/ports.h"
#include "store/documents.h"

namespace tandem::sts {

class StsService final : public service::Service {
 public:
  /// Temporary keys are put into keys. Borrows keys and identities.
  StsService(service::Environment environment, service::KeyRing& keys,
             const Identities& identities);

  std::string_view name() const override { return "sts"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }
  void start() override;

  /// The sessions as regions are told of them, without secrets; borrows this. told: of each after
  /// it has come or gone. emptied: after all of them are gone at once.
  service::IdentityKind identity_kind() const;
  using Changed = std::function<void(std::string_view kind, std::string_view id)>;
  void on_changed(Changed told) { changed_ = std::move(told); }
  void on_emptied(std::function<void()> told) { emptied_ = std::move(told); }

  /// The role or user with this unique id is gone: so are its sessions.
  void end_sessions_of(std::string_view unique_id);

 private:
  const service::Environment& environment() const override { return environment_; }
  std::function<void()> forgetting() override;

  struct NewSession {
    std::string arn;
    std::string user_id;  ///< what GetCallerIdentity answers with
    std::int64_t duration_s;
  };

  service::Reply get_caller_identity(const service::RequestContext& context) const;
  service::Reply assume_role(const service::RequestContext& context, const json::object& input);
  service::Reply get_session_token(const service::RequestContext& context,
                                   const json::object& input);
  /// Makes credentials that are good for the session. Returns the API's Credentials.
  json::object open_session(NewSession session);
  void publish(const json::object& session);
  void end_session(std::string_view access_key_id);
  void drop_old_sessions();
  std::string root_arn() const;
  std::string caller_arn(const service::RequestContext& context) const;
  std::string user_id_of(const service::RequestContext& context) const;

  service::Environment environment_;
  service::KeyRing& keys_;
  const Identities& identities_;
  store::Documents sessions_;  ///< by access key id
  Changed changed_;
  std::function<void()> emptied_;
  std::vector<service::Operation> operations_;
};

}  // namespace tandem::sts
