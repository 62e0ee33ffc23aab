#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

// What UpdateFunctionConfiguration can change.
json::object configuration_of(const json::object& properties) {
  return pick(properties, {{"Description", "Description"},
                           {"Handler", "Handler"},
                           {"MemorySize", "MemorySize"},
                           {"Role", "Role"},
                           {"Runtime", "Runtime"},
                           {"Timeout", "Timeout"},
                           {"Environment", "Environment"},
                           {"Layers", "Layers"},
                           {"TracingConfig", "TracingConfig"},
                           {"EphemeralStorage", "EphemeralStorage"},
                           {"VpcConfig", "VpcConfig"},
                           {"DeadLetterConfig", "DeadLetterConfig"},
                           {"KmsKeyArn", "KMSKeyArn"},
                           {"SnapStart", "SnapStart"}});
}

// Inline source would have to be packed into a zip under the name its runtime looks for; runtimes
// that take it are not here, and the provided ones never do.
void refuse_inline_code(const json::object& properties) {
  const auto* code = json::find_object(properties, "Code");
  if (code != nullptr && code->contains("ZipFile")) {
    throw HandlerError("InvalidRequest",
                       "ZipFile can only be used when Runtime is set to either of nodejs, python; "
                       "Tandem takes code from S3Bucket and S3Key");
  }
}

class Function final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    refuse_inline_code(properties);
    Physical physical;
    physical.id =
        json::find_string(properties, "FunctionName").value_or(context.generated_name(64));
    json::object request = configuration_of(properties);
    request["FunctionName"] = physical.id;
    for (const auto& member : keep(properties, {"PackageType", "Architectures", "Code"})) {
      request[member.key()] = member.value();
    }
    const json::object tags = tag_map(properties);
    if (!tags.empty()) request["Tags"] = tags;
    context.intend(physical);
    json::object made = co_await context.call("lambda", "CreateFunction", std::move(request));
    physical.attributes["Arn"] = json::string_or(made, "FunctionArn");
    context.claim(physical);
    co_await wait(context, physical.id);
    co_await reserve(context, physical.id, {}, properties);
    co_return physical;
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"FunctionName", identifier}};
    json::object found =
        co_await context.call("lambda", "GetFunctionConfiguration", std::move(request));
    json::object attributes{{"Arn", json::string_or(found, "FunctionArn")}};
    co_return Physical{json::string_or(found, "FunctionName"), std::move(attributes)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    refuse_inline_code(after);
    if (differs(before, after, "Code") || differs(before, after, "Architectures")) {
      json::object request = *json::find_object(after, "Code");
      request["FunctionName"] = physical.id;
      for (const auto& member : keep(after, {"Architectures"})) {
        request[member.key()] = member.value();
      }
      co_await context.call("lambda", "UpdateFunctionCode", std::move(request));
      co_await wait(context, physical.id);
    }
    if (configuration_of(before) != configuration_of(after)) {
      json::object request = configuration(before, after);
      request["FunctionName"] = physical.id;
      co_await context.call("lambda", "UpdateFunctionConfiguration", std::move(request));
      co_await wait(context, physical.id);
    }
    co_await reserve(context, physical.id, before, after);
    co_await update_tags(context, json::string_or(physical.attributes, "Arn"), before, after);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"FunctionName", physical.id}};
    co_await context.call("lambda", "DeleteFunction", std::move(request));
  }

 private:
  // What is no longer given goes back to Lambda's default.
  static json::object configuration(const json::object& before, const json::object& after) {
    json::object request = configuration_of(after);
    const auto reset = [&](std::string_view property, json::value fallback) {
      if (before.contains(property) && !after.contains(property)) {
        request[property] = std::move(fallback);
      }
    };
    reset("Description", "");
    reset("MemorySize", 128);
    reset("Timeout", 3);
    json::object no_variables{{"Variables", json::object()}};
    reset("Environment", std::move(no_variables));
    reset("Layers", json::array());
    return request;
  }

  static Task<void> wait(HandlerContext& context, std::string name) {
    for (;;) {
      json::object request{{"FunctionName", name}};
      json::object found =
          co_await context.call("lambda", "GetFunctionConfiguration", std::move(request));
      const std::string state = json::string_or(found, "State", "Active");
      const std::string update = json::string_or(found, "LastUpdateStatus", "Successful");
      if (state == "Failed" || update == "Failed") {
        const std::string reason = json::string_or(
            found, state == "Failed" ? "StateReason" : "LastUpdateStatusReason", "Failed");
        throw HandlerError("NotStabilized", reason);
      }
      if (state != "Pending" && update != "InProgress") co_return;
      co_await context.pause();
    }
  }

  static Task<void> reserve(HandlerContext& context, std::string name, json::object before,
                            json::object after) {
    if (!differs(before, after, "ReservedConcurrentExecutions")) co_return;
    json::object request{{"FunctionName", name}};
    if (const auto count = json::find_int(after, "ReservedConcurrentExecutions")) {
      request["ReservedConcurrentExecutions"] = *count;
      co_await context.call("lambda", "PutFunctionConcurrency", std::move(request));
    } else {
      co_await context.call("lambda", "DeleteFunctionConcurrency", std::move(request));
    }
  }

  static Task<void> update_tags(HandlerContext& context, std::string arn, json::object before,
                                json::object after) {
    const TagChanges changes = tag_changes(before, after);
    if (!changes.removed.empty()) {
      json::object request{{"Resource", arn}, {"TagKeys", changes.removed}};
      co_await context.call("lambda", "UntagResource", std::move(request));
    }
    if (!changes.set.empty()) {
      json::object request{{"Resource", arn}, {"Tags", changes.set}};
      co_await context.call("lambda", "TagResource", std::move(request));
    }
  }
};

class Permission final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Physical physical;
    physical.id = context.generated_name(100);
    physical.attributes["Id"] = physical.id;
    json::object request =
        keep(properties, {"FunctionName", "Action", "Principal", "SourceArn", "SourceAccount",
                          "EventSourceToken", "PrincipalOrgID", "FunctionUrlAuthType"});
    request["StatementId"] = physical.id;
    context.intend(physical);
    co_await context.call("lambda", "AddPermission", std::move(request));
    co_return physical;
  }
  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override {
    json::object request = keep(properties, {"FunctionName"});
    request["StatementId"] = physical.id;
    co_await context.call("lambda", "RemovePermission", std::move(request));
  }
};

}  // namespace

ResourceType lambda_function() {
  return importable_by(
      "FunctionName",
      declare("AWS::Lambda::Function",
              {.serves = "Architectures Code DeadLetterConfig Description Environment "
                         "EphemeralStorage FunctionName Handler KmsKeyArn Layers MemorySize "
                         "PackageType ReservedConcurrentExecutions Role Runtime SnapStart Tags "
                         "Timeout TracingConfig VpcConfig",
               .refuses = "Code/ImageUri Code/S3ObjectStorageMode Code/SourceKMSKeyArn "
                          "VpcConfig/Ipv6AllowedForDualStack"},
              {"Arn"}, "FunctionName", std::make_unique<Function>()));
}

ResourceType lambda_permission() {
  return declare("AWS::Lambda::Permission",
                 {.serves = "Action EventSourceToken FunctionName FunctionUrlAuthType Principal "
                            "PrincipalOrgID SourceAccount SourceArn"},
                 {"Id"}, "", std::make_unique<Permission>());
}

}  // namespace tandem::cloudformation
