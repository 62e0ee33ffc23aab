// The alarms of target-tracking policies, kept in CloudWatch through its API.
//
// Their thresholds stand for the capacity that is: when it has changed, a policy gets new alarms
// under new names, which begin without a state, and the old ones go.
//
// INVARIANT(named-first): an alarm's name is in the store before CloudWatch has the alarm, and
// until it has it no longer, so that none is left behind.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "aws/api.h"
#include "core/task.h"
#include "service/environment.h"
#include "services/autoscaling/engine/tables.h"
#include "services/autoscaling/store/records.h"

namespace tandem::autoscaling {

class Alarms {
 public:
  /// Borrows everything.
  Alarms(const service::Environment& environment, aws::Api& api, Tables& tables, Records& records);

  void start();
  Task<void> stop();
  /// Policies are stale, or alarms are old.
  void wake();

  /// Makes a policy's alarms anew, as its capacity is now. Throws ApiError when CloudWatch refuses
  /// or does not answer; then the policy is as stale as it was.
  Task<void> renew(std::string policy);
  /// Deletes old alarms, as far as CloudWatch lets it now; what is left is deleted later.
  Task<bool> sweep();
  bool is_busy(std::string_view policy) const { return busy_.contains(policy); }

 private:
  Task<void> run();
  Task<bool> work();
  Task<void> put_alarms(json::object policy, json::array names, std::int64_t capacity);

  const service::Environment& environment_;
  aws::Api& api_;
  Tables& tables_;
  Records& records_;
  std::set<std::string, std::less<>> busy_;
  bool woken_ = false;
  core::Timer changed_;
  std::unique_ptr<core::TaskGroup> roots_;
};

/// Says in a policy that its alarms are of another capacity.
void make_stale(json::object& policy);
/// Alarms a policy has, and those it was to get, are old when it goes.
void let_alarms_go(const json::object& policy, Change& change);
/// As DescribeScalingPolicies tells of it.
json::object shown_policy(json::object policy);

}  // namespace tandem::autoscaling
