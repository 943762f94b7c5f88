"""Wrong edits of template.yaml that a tired engineer could make: after `after`, the first `old` becomes `new`.

`tests` are the files that are asked first, by the words after `test_`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    name: str
    after: str
    old: str
    new: str
    tests: str = "template template_calls template_site"

    def made_in(self, template: str) -> str:
        """The template with it. Raises ValueError where its place cannot be told."""
        before, found, rest = template.partition(self.after)
        if not found or self.after in rest or self.old not in rest:
            raise ValueError(f"{self.name}: template.yaml is not as it was")
        return before + found + rest.replace(self.old, self.new, 1)


API, FRONT = "\n  FormsApi:\n", "\n  Distribution:\n"
CONTACT, NOTIFY, REMIND = "\n  ContactFunction:\n", "\n  NotifyFunction:\n", "\n  RemindFunction:\n"
FEEDBACK, TABLE = "\n  FeedbackFunction:\n", "\n  Submissions:\n"

MISTAKES = (
    # who comes in
    Mistake("authorizer gone", API, "        DefaultAuthorizer: ThroughCloudFront\n", "", "authorizer"),
    Mistake("authorizer looks at another header", API, "x-origin-secret", "x-origin", "authorizer"),
    Mistake("authorizer remembers for an hour", API, "ReauthorizeEvery: 300", "ReauthorizeEvery: 3600", "authorizer"),
    Mistake("secret not sent along", FRONT, "HeaderName: x-origin-secret", "HeaderName: x-secret", "authorizer"),
    Mistake("secret in plain words", FRONT, "{{resolve:secretsmanager:${OriginSecret}:SecretString}}",
            "${OriginSecret}"),
    Mistake("no throttling", API, "ThrottlingRateLimit: 20", "ThrottlingRateLimit: 20000"),
    Mistake("addresses in the log", API, '"route": "$context.routeKey"', '"ip": "$context.identity.sourceIp"'),
    Mistake("form answers without limit", CONTACT, "      ReservedConcurrentExecutions: !If [LimitsConcurrency, "
            "!Ref ReservedConcurrency, !Ref AWS::NoValue]\n", ""),
    Mistake("no page for the receipt", CONTACT, "Path: /forms/contact/received", "Path: /forms/contact/receipt"),
    Mistake("form posted to the wrong address", CONTACT, "/forms/contact, Method: POST", "/forms/contact, Method: PUT",
            "intake"),
    # functions
    Mistake("wrong handler", CONTACT, "contact.handler", "contact.handle"),
    Mistake("runtime that is not built for", "\nGlobals:\n", "python3.13", "python3.9", "package"),
    Mistake("another architecture in one place", "\nGlobals:\n", "[arm64]", "[x86_64, arm64]", "package"),
    Mistake("timeout below the SDK's patience", "\nGlobals:\n", "Timeout: 15", "Timeout: 5"),
    Mistake("variable misspelled", "\nGlobals:\n", "STAFF_ADDRESSES:", "STAFF_ADRESSES:"),
    Mistake("variable of another table", "\nGlobals:\n", "!Ref Subscribers", "!Ref Counters", "announcements"),
    Mistake("e-mail without its configuration set", "\nGlobals:\n", "!Ref ConfigurationSet", '""', "notify"),
    Mistake("logs of their own", "\nGlobals:\n", "    LoggingConfig: {LogGroup: !Ref Logs}\n", ""),
    # rights
    Mistake("right missing", CONTACT, "Action: dynamodb:PutItem", "Action: dynamodb:GetItem", "intake"),
    Mistake("right to too much", CONTACT, "Action: dynamodb:PutItem",
            "Action: [dynamodb:PutItem, dynamodb:DeleteItem]", "rights"),
    Mistake("every right", NOTIFY, "Action: dynamodb:UpdateItem", 'Action: "dynamodb:*"', "package"),
    Mistake("rights on every table", NOTIFY, "Resource: !GetAtt Submissions.Arn", 'Resource: "*"', "rights"),
    Mistake("wrong index", REMIND, "index/work", "index/works", "remind"),
    Mistake("anybody's sender address", NOTIFY, "ses:FromAddress: !Ref SenderAddress", 'ses:FromAddress: "*"',
            "rights"),
    Mistake("secret of others", FEEDBACK, "Resource: !Ref IdentitySecret", "Resource: !Ref SigningSecret", "feedback"),
    # tables
    Mistake("expiry misspelled", TABLE, "AttributeName: expires_at", "AttributeName: expire_at"),
    Mistake("expiry off", TABLE, "Enabled: true", "Enabled: false"),
    Mistake("no way back in time", TABLE, "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false"),
    Mistake("tables go with the stack", TABLE, "DeletionPolicy: RetainExceptOnCreate", "DeletionPolicy: Delete"),
    Mistake("no protection from deletion", TABLE, "DeletionProtectionEnabled: true",
            "DeletionProtectionEnabled: false"),
    Mistake("not encrypted", TABLE, "SSEEnabled: true", "SSEEnabled: false"),
    Mistake("wrong key", TABLE, "{AttributeName: reference, KeyType: HASH}", "{AttributeName: agency, KeyType: HASH}",
            "intake"),
    Mistake("index sorted by something else", TABLE, "{AttributeName: next_at, KeyType: RANGE}",
            "{AttributeName: stage_at, KeyType: RANGE}", "remind"),
    Mistake("index without what is read from it", TABLE, "Projection: {ProjectionType: ALL}",
            "Projection: {ProjectionType: KEYS_ONLY}", "staff"),
    # the stream
    Mistake("stream shows new items only", TABLE, "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "local_stream"),
    Mistake("filter that never matches", NOTIFY, '["INSERT"]', '["INSERTED"]'),
    Mistake("nothing on release", NOTIFY, '"held": {"S": [{"exists": true}]}', '"hold": {"S": [{"exists": true}]}',
            "actions"),
    Mistake("batch fails as a whole", NOTIFY, "            FunctionResponseTypes: [ReportBatchItemFailures]\n", ""),
    Mistake("batch not halved", NOTIFY, "BisectBatchOnFunctionError: true", "BisectBatchOnFunctionError: false"),
    Mistake("begins with what comes next", NOTIFY, "TRIM_HORIZON", "LATEST"),
    Mistake("tries for ever", NOTIFY, "MaximumRetryAttempts: 50", "MaximumRetryAttempts: -1"),
    Mistake("given up in silence", NOTIFY, "            DestinationConfig:\n              OnFailure:\n"
            "                Type: SQS\n                Destination: !GetAtt NotMailed.Arn\n", ""),
    # the clock, and SES's reports
    Mistake("clock once a day", REMIND, "rate(5 minutes)", "rate(1 day)"),
    Mistake("clock off", REMIND, "ScheduleExpression: rate(5 minutes)",
            "ScheduleExpression: rate(5 minutes)\n            State: DISABLED"),
    Mistake("clock's failures lost", REMIND, "            DeadLetterConfig: {Arn: !GetAtt NotLooked.Arn}\n", ""),
    Mistake("reports of complaints not wanted", "\n  Reports:\n", "[SEND, BOUNCE, COMPLAINT]", "[SEND, BOUNCE]"),
    Mistake("reports of another set", FEEDBACK, "[!Ref ConfigurationSet]", '["other"]', "local_reports"),
    Mistake("reports' failures lost", FEEDBACK, "            DeadLetterConfig: {Arn: !GetAtt NotNoted.Arn}\n", ""),
    Mistake("queue closed to EventBridge", "\n  NotNotedPolicy:\n", "events.amazonaws.com", "sns.amazonaws.com"),
    # the site
    Mistake("bucket open", "\n  SiteBucket:\n", "BlockPublicPolicy: true", "BlockPublicPolicy: false"),
    Mistake("bucket not CloudFront's alone", "\n  SiteBucketPolicy:\n", "distribution/${Distribution}",
            "distribution/*"),
    Mistake("headers detached", FRONT, "          ResponseHeadersPolicyId: !Ref ResponseHeaders\n", ""),
    Mistake("policy loosened", "\n  ResponseHeaders:\n", "script-src 'self'", "script-src 'self' 'unsafe-inline'"),
    Mistake("trusted types gone", "\n  ResponseHeaders:\n", "require-trusted-types-for 'script'; ", ""),
    Mistake("framed by anybody", "\n  ResponseHeaders:\n", "FrameOption: DENY", "FrameOption: SAMEORIGIN"),
    Mistake("old TLS", FRONT, "TLSv1.2_2021", "TLSv1_2016"),
    Mistake("forms cached", FRONT, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "658327ea-f89d-4fab-a63d-7e88639e58f6"),
    Mistake("query of the forms dropped", "\n  FormsRequests:\n", "QueryStringBehavior: all",
            "QueryStringBehavior: none"),
    Mistake("every missing page is the home page", FRONT,
            "{ErrorCode: 403, ResponseCode: 404, ResponsePagePath: /404.html}",
            "{ErrorCode: 403, ResponseCode: 200, ResponsePagePath: /index.html}", "local_template"),
    Mistake("addresses without their slash", "\n  CleanUrls:\n", 'request.uri += "index.html"',
            'request.uri += "index.htm"', "local_gateway"),
    # who is told
    Mistake("alarm on a wrong metric", "\n  NoDigest:", "MetricName: digest", "MetricName: digests"),
    Mistake("alarm in a wrong unit", "\n  StreamWaits:\n", "Threshold: 600000", "Threshold: 600"),
    Mistake("alarm that reaches nobody", "\n  FormsFail:\n", "      AlarmActions: [!Ref Alarms]\n", ""),
    Mistake("alarm of one function less", "\n  WorkFails:", "!Ref RemindFunction", "!Ref NotifyFunction"),
    Mistake("failed e-mail that wakes nobody", "\n  NoMail:", "MetricName: not_mailed", "MetricName: unsent", "alarms"),
    Mistake("no digest is fine", "\n  NoDigest:", "TreatMissingData: missing", "TreatMissingData: ignore", "alarms"),
    Mistake("one visitor's failure for all", FRONT, "          - {ErrorCode: 500, ErrorCachingMinTTL: 0}\n", "",
            "local_error_cache"),
    Mistake("failed first deployment leaves its tables", TABLE, "DeletionPolicy: RetainExceptOnCreate",
            "DeletionPolicy: Retain"),
    Mistake("logs for ever", "\n  ApiLogs:\n", "    Properties:\n      RetentionInDays: 90\n", ""),
    Mistake("visitors' addresses kept", "\n  VisitsDelivery:", "cs-uri-stem", "c-ip"),
)  # fmt: skip
