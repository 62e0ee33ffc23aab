#include "services/sts/regional.h"

#include "aws/arn.h"
#include "core/json.h"
#include "service/table.h"

namespace tandem::sts {
namespace {

service::Reply who_calls(const service::RequestContext& context, const Callers& callers) {
  const std::string arn = context.caller.arn.empty()
                              ? aws::make_arn("iam", "", context.account, "root")
                              : context.caller.arn;
  const auto user_id = callers.find_user_id(context.caller.access_key_id, arn);
  return json::object{
      {"UserId", user_id.value_or(context.account)}, {"Account", context.account}, {"Arn", arn}};
}

}  // namespace

RegionalSts::RegionalSts(service::Environment environment, const Callers& callers)
    : environment_(std::move(environment)) {
  operations_.push_back(
      service::row("GetCallerIdentity",
                   [&callers](service::RequestContext& context, const json::object&) {
                     return who_calls(context, callers);
                   },
                   {}));
}

}  // namespace tandem::sts
