"""A second stack in the same account, for a rehearsal or in place of a broken one: no name is taken already."""

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local.template import REGION
from tools.expanded_template import expanded

WITHIN_ANOTHER = {("Reports", "Name"): "unique in its configuration set"}


def fixed_names(resources):
    """What names a resource in words that are the same in every stack: (logical id, property)."""
    for logical_id, resource in resources.items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
        identifiers = [schema["primaryIdentifier"], *schema.get("additionalIdentifiers", [])]
        identified_by = [[pointer.rsplit("/", 1)[-1] for pointer in each] for each in identifiers]
        properties = resource.get("Properties", {})
        nested = [each for each in properties.values() if isinstance(each, dict)]
        for given in (properties, *nested):
            for names in [["Name"], *identified_by]:
                if all(isinstance(given.get(name), str) for name in names):
                    yield logical_id, names[0]


def test_no_resource_has_a_name_that_a_second_stack_would_have_as_well():
    assert set(fixed_names(expanded()["Resources"])) == WITHIN_ANOTHER.keys()


@pytest.mark.parametrize(
    ("kind", "properties", "found"),
    [
        ("AWS::Scheduler::Schedule", {"Name": "RemindFunctionClock"}, True),
        ("AWS::Logs::LogGroup", {"LogGroupName": "logs"}, True),
        ("AWS::CloudFront::OriginAccessControl", {"OriginAccessControlConfig": {"Name": "site"}}, True),
        ("AWS::Logs::LogGroup", {"LogGroupName": {"Fn::Sub": "${AWS::StackName}-logs"}}, False),
        ("AWS::Logs::LogGroup", {}, False),
    ],
)
def test_a_fixed_name_is_found_where_the_provider_says_that_it_identifies(kind, properties, found):
    assert bool([*fixed_names({"It": {"Type": kind, "Properties": properties}})]) is found
