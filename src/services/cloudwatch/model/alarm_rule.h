// Rules of composite alarms (API reference, "PutCompositeAlarm", AlarmRule; User Guide, "Composite
// alarms"): parsed, and evaluated over the states of the alarms they name. Pure.
//
//   or   := and { OR and }             and := not { AND not }
//   not  := [NOT] ( '(' or ')' | TRUE | FALSE | state '(' alarm ')'
//                 | AT_LEAST '(' count ',' [NOT] state ',' '(' alarm { ',' alarm } ')' ')' )
//   state := ALARM | OK | INSUFFICIENT_DATA           count := 2 | 50%
//
// An alarm is named by its name or its ARN, in quotes when there are spaces or parentheses in it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"
#include "services/cloudwatch/model/alarm_evaluation.h"

namespace tandem::cloudwatch {

/// "at most 100 underlying alarms", "500 elements" (quotas); the depth is ours.
inline constexpr std::size_t kMostChildren = 100;
inline constexpr std::size_t kMostRuleElements = 500;
inline constexpr std::size_t kDeepestRule = 64;

class AlarmRuleExpression {
 public:
  /// What is wrong is said as AWS says it, without the frame "Error in AlarmRule […]".
  static core::Parsed<AlarmRuleExpression> parse(std::string_view text);

  /// Names and ARNs as they stand in the rule, each once, in order of first use.
  const std::vector<std::string>& alarms() const { return alarms_; }
  /// state_of is asked by what stands in the rule.
  bool holds(const std::function<AlarmState(const std::string&)>& state_of) const;

 private:
  friend class AlarmRuleParser;
  struct Node {
    enum class Kind { kTrue, kFalse, kState, kNot, kAnd, kOr, kAtLeast } kind = Kind::kFalse;
    AlarmState state = AlarmState::kAlarm;
    bool negated = false;             ///< of kAtLeast's state
    bool percent = false;             ///< of kAtLeast's count
    std::size_t count = 0;            ///< of kAtLeast
    std::vector<std::size_t> alarms;  ///< places in alarms_: kState one, kAtLeast all
    std::vector<Node> parts;          ///< of kNot, kAnd, kOr
  };
  using States = std::function<AlarmState(const std::string&)>;
  bool holds(const Node& node, const States& state_of) const;

  Node root_;
  std::vector<std::string> alarms_;
};

}  // namespace tandem::cloudwatch
