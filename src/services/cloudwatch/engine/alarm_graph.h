// Which composite alarms look at which alarms, by their rules and by their suppressors.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "services/cloudwatch/model/alarm.h"

namespace tandem::cloudwatch {

class AlarmGraph {
 public:
  AlarmGraph(std::string region, std::string account)
      : region_(std::move(region)), account_(std::move(account)) {}

  /// Of a composite alarm; what was known of it before is forgotten.
  void put(const std::string& name, const Alarm& alarm);
  void erase(const std::string& name);
  void clear();

  using Names = std::set<std::string, std::less<>>;
  /// Composite alarms whose rules name it.
  const Names& parents(std::string_view name) const;
  /// Composite alarms whose actions it suppresses.
  const Names& suppressed_by(std::string_view name) const;
  const Names& children(std::string_view name) const;
  /// Whether its rule leads back to it. Such alarms are not evaluated (API reference,
  /// PutCompositeAlarm: "the alarms in the cycle are no longer evaluated").
  bool in_cycle(const std::string& name) const;

  /// Names of a rule's alarms that are of this account and region.
  Names names_in(const AlarmRuleExpression& expression) const;
  std::optional<std::string> name_of_alarm(std::string_view name_or_arn) const {
    return alarm_name_of(name_or_arn, region_, account_);
  }

 private:
  std::string region_;
  std::string account_;
  std::map<std::string, Names, std::less<>> children_, parents_, suppresses_;
  std::map<std::string, std::string, std::less<>> suppressor_;
  mutable std::map<std::string, bool, std::less<>> cyclic_;  ///< until something changes
};

}  // namespace tandem::cloudwatch
