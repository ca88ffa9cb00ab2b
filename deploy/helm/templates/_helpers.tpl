{{- define "chatmount.name" -}}
{{- if contains "chatmount" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-chatmount" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "chatmount.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Labels that select the pods of a part: dict root, part. */}}
{{- define "chatmount.selector" -}}
app.kubernetes.io/name: chatmount
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "chatmount.labels" -}}
{{ include "chatmount.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* The values of a part, over the defaults, as YAML: dict root, part. */}}
{{- define "chatmount.values" -}}
{{- mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (index .root.Values .part)) | toYaml }}
{{- end }}

{{- define "chatmount.secretName" -}}
{{ .Values.secret.existing | default (include "chatmount.name" .) }}
{{- end }}

{{/* The data of the chart's own Secret. The signing secret stays what it was; a first one is made once per rendering. */}}
{{- define "chatmount.secretData" -}}
{{- $data := dict }}
{{- range $name, $text := merge (dict) .Values.secret.variables .Values.secret.files }}
{{- $_ := set $data $name ($text | toString | b64enc) }}
{{- end }}
{{- if not (hasKey $data "signing.key") }}
{{- $before := lookup "v1" "Secret" .Release.Namespace (include "chatmount.name" .) }}
{{- if and $before (hasKey $before.data "signing.key") }}
{{- $_ := set $data "signing.key" (index $before.data "signing.key") }}
{{- else }}
{{- if not (hasKey .Values "madeSecret") }}
{{- $_ := set .Values "madeSecret" (printf "%s.%s\n" (dateInZone "2006-01-02T15:04:05.000000Z" now "UTC") (randAlphaNum 64)) }}
{{- end }}
{{- $_ := set $data "signing.key" (.Values.madeSecret | b64enc) }}
{{- end }}
{{- end }}
{{- toYaml $data }}
{{- end }}

{{/* What can't work is said before anything is installed. */}}
{{- define "chatmount.check" -}}
{{- $known := .Files.Get "files/environment.yaml" | fromYaml }}
{{- if not .Values.secret.existing }}
{{- range list "CHATMOUNT_DATABASE_URL" "CHATMOUNT_REDIS_URL" }}
{{- $_ := required (printf "secret.variables.%s is required: replicas share that server. Or name a Secret that has it in secret.existing." .) (get $.Values.secret.variables .) }}
{{- end }}
{{- end }}
{{- $_ := required "settings.CHATMOUNT_QDRANT_URL is required: replicas share that server." .Values.settings.CHATMOUNT_QDRANT_URL }}
{{- $plain := list }}
{{- range $known.groups }}{{ $plain = concat $plain . }}{{ end }}
{{- range $name, $_ := .Values.settings }}
{{- if has $name $known.secret }}{{ fail (printf "settings.%s is a secret: it belongs into secret.variables." $name) }}{{ end }}
{{- if not (has $name $plain) }}{{ fail (printf "settings.%s is not a variable that this chart passes on; see docs/kubernetes.md." $name) }}{{ end }}
{{- end }}
{{- range $name, $_ := .Values.secret.variables }}
{{- if not (has $name $known.secret) }}{{ fail (printf "secret.variables.%s is not a secret that this chart knows; other variables belong into settings." $name) }}{{ end }}
{{- end }}
{{- range $name, $_ := .Values.secret.files }}
{{- if not (has $name $known.own) }}{{ fail (printf "secret.files has no file called %s; there are %s." $name (join ", " $known.own)) }}{{ end }}
{{- end }}
{{- end }}
