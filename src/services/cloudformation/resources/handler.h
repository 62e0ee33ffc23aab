// What a resource type is: its properties, what can be read from it, and how it is made, changed
// and removed through the AWS API.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/api.h"
#include "aws/error.h"
#include "core/clock.h"
#include "core/random.h"
#include "services/cloudformation/model/references.h"
#include "services/cloudformation/model/shape.h"

namespace tandem::cloudformation {

struct Answers;  // responses/answers.h

/// A resource as its service knows it.
struct Physical {
  std::string id;           ///< what Ref gives
  json::object attributes;  ///< what Fn::GetAtt gives, and what a handler must remember
};

/// A handler's own refusal, rendered as AWS renders them.
struct HandlerError : std::exception {
  HandlerError(std::string given_code, std::string text)
      : code(std::move(given_code)), message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string code;  ///< empty: the message is AWS's whole text; else HandlerErrorCode:
                     ///< "AlreadyExists", "NotFound", "InvalidRequest" …
  std::string message;
};

/// The operation no longer wants this resource: another one failed.
struct Cancelled : std::exception {
  const char* what() const noexcept override { return "cancelled"; }
};

/// What a handler may use. Lives as long as the handler's call.
class HandlerContext {
 public:
  struct Identity {
    std::string region;
    std::string account;
    std::string stack_name;
    std::string stack_id;
    std::string logical_id;
    std::string caller = {};     ///< ARN of who asked for the operation; empty: the account's root
    std::string type = {};       ///< as the template spells it
    std::string operation = {};  ///< which of the stack's operations this is
  };
  /// kIntended: the call that makes the resource is about to be sent. kMade: it exists.
  enum class Certainty { kIntended, kMade };
  using Claim = std::function<void(const Physical&, Certainty)>;

  HandlerContext(Identity identity, aws::Api& api, core::Random& random, Claim claim,
                 std::function<bool()> cancelled, Answers* answers = nullptr)
      : identity_(std::move(identity)),
        api_(api),
        random_(random),
        claim_(std::move(claim)),
        cancelled_(std::move(cancelled)),
        answers_(answers) {}

  const Identity& identity() const { return identity_; }

  /// Calls an operation in the stack's region. A service that cannot be reached or throttles is
  /// asked again for a while, as AWS's SDKs do. Throws ApiError.
  Task<json::object> call(std::string service, std::string operation, json::object input);
  /// The same in another region.
  Task<json::object> call_in(std::string region, std::string service, std::string operation,
                             json::object input, std::string payload = "");
  /// The same with what travels beside the document, there and back.
  Task<aws::ApiResult> exchange(std::string region, std::string service, std::string operation,
                                json::object input, std::string payload);
  /// As call(), where the resource is already gone when the service says so (404 and the like).
  Task<void> call_unless_gone(std::string service, std::string operation, json::object input);

  /// False as long as no call can have changed anything: each one read, or was refused.
  bool changed() const { return changed_; }

  /// Before the call that makes the resource: what is needed to find out afterwards whether it was
  /// made (Handler::find) is stored, because the process may die before the answer comes. The id
  /// may be empty when the service chooses it. Not for a name that somebody else has: that call
  /// fails, and nothing is owned.
  void intend(const Physical& physical) { claim_(physical, Certainty::kIntended); }
  /// The resource exists from here on: it is stored at once, so that it is deleted even when the
  /// rest of its creation fails or the process dies.
  void claim(const Physical& physical) { claim_(physical, Certainty::kMade); }

  /// The tags AWS CloudFormation puts on what it makes. A resource that has them is this stack's.
  json::object system_tags() const;
  bool has_system_tags(const json::object& tags) const;

  /// Waits before asking again whether a resource is ready: the first waits are short. Throws
  /// Cancelled, or HandlerError NotStabilized when it has waited too long.
  Task<void> pause();

  /// "<stack>-<logical id>-<12 random A-Z0-9>", shortened to fit.
  std::string generated_name(std::size_t longest) const;
  std::string generated_suffix() const;

  /// Where custom resources answer; null in tests that have none.
  Answers* answers() const { return answers_; }
  bool cancelled() const { return cancelled_(); }

 private:
  Identity identity_;
  aws::Api& api_;
  core::Random& random_;
  Claim claim_;
  std::function<bool()> cancelled_;
  Answers* answers_;
  bool changed_ = false;
  std::int64_t next_pause_ms_ = 2;
  std::int64_t waited_ms_ = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  virtual Task<Physical> create(HandlerContext& context, json::object properties) const = 0;
  /// What became of an intended resource whose creation was cut off: the resource, or nothing when
  /// it was not made (then what bears its name is somebody else's). known: ids of other resources
  /// of the stack. As given here for names that were free when they were intended or are random.
  virtual Task<std::optional<Physical>> find(HandlerContext& context, Physical intended,
                                             json::object properties,
                                             std::set<std::string> known) const;
  /// The resource with that primary identifier, made by whomever: what an import takes in. Throws
  /// what its service says when there is none. Called only for types that name an identifier.
  virtual Task<Physical> read(HandlerContext& context, std::string identifier) const;
  /// In place. Not called when a create-only property changes.
  virtual Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                                json::object after) const;
  /// Whether an update may give another id, which is then another resource: the old one is deleted
  /// when the operation ends.
  virtual bool update_may_replace() const { return false; }
  /// Whether a creation that was cut off goes on when create() is called again with the same:
  /// nothing is deleted before it.
  virtual bool creation_goes_on() const { return false; }
  /// A resource that is gone already is removed.
  virtual Task<void> remove(HandlerContext& context, Physical physical,
                            json::object properties) const = 0;
};

struct ResourceType {
  std::string name;
  Shape shape;
  std::vector<std::string> attributes;
  /// The property that names the resource; empty when it cannot be named.
  std::string name_property;
  bool name_alone = false;  ///< by which one is told from another, whatever primary_identifier is
  /// The property of the type's schema that tells one resource from another; empty when such
  /// resources cannot be imported.
  std::string primary_identifier;
  std::unique_ptr<const Handler> handler;
  bool any_attribute = false;  ///< which there are is known when it has been made
};

/// Every resource type there is.
class ResourceTypes final : public TypeCatalog {
 public:
  explicit ResourceTypes(std::vector<ResourceType> types) : types_(std::move(types)) {}
  const ResourceType* find(std::string_view name) const;
  bool knows(std::string_view type) const override { return find(type) != nullptr; }
  bool has_attribute(std::string_view type, std::string_view attribute) const override;
  bool is_aws_type(std::string_view type) const override;
  std::string nearest(std::string_view type) const override;
  const Shape* shape_of(std::string_view type) const override {
    const ResourceType* found = find(type);
    return found == nullptr ? nullptr : &found->shape;
  }
  const std::vector<ResourceType>& all() const { return types_; }

 private:
  std::vector<ResourceType> types_;
};

/// True for the errors by which services say that what is asked for is not there.
bool means_gone(const aws::ApiError& error);
/// AWS's HandlerErrorCode for a service's error.
std::string_view handler_error_code(const aws::ApiError& error);

}  // namespace tandem::cloudformation
